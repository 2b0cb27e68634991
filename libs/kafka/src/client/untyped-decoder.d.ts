declare module 'kafkajs/src/protocol/decoder.js' {
  /** kafkajs knows more than its types say. */
  export interface HeaderDecoder {
    readVarInt(): number;
  }

  export type VarIntArrayReader = (
    this: HeaderDecoder,
    read: (decoder: HeaderDecoder) => { key: string; value: Buffer | null },
  ) => { reduce(): object };

  const Decoder: { readonly prototype: { readVarIntArray: VarIntArrayReader } };
  export default Decoder;
}

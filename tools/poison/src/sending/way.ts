/** How records are written: in a batch as most are, in a codec, or in a transaction that ends so. */
export type Way = 'plain' | Codec | 'aborted' | 'committed';

export type Codec = 'gzip' | 'snappy' | 'lz4' | 'zstd';

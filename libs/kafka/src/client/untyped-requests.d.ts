/** kafkajs knows more than its types say. */
declare module 'kafkajs/src/protocol/requests/index.js' {
  export interface Exchange<Answer> {
    readonly request: object;
    /** `parse` throws the first error that the answer names. */
    readonly response: { decode(bytes: Buffer): Promise<Answer>; parse(answer: Answer): Promise<Answer> };
  }

  export interface RequestApi<Ask, Answer> {
    readonly versions: readonly string[];
    protocol(best: { version: number }): (ask: Ask) => Exchange<Answer>;
  }
}

declare module 'kafkajs/src/protocol/requests/metadata/index.js' {
  import type { RequestApi } from 'kafkajs/src/protocol/requests/index.js';

  const metadata: RequestApi<
    { topics: readonly string[]; allowAutoTopicCreation: boolean },
    {
      topicMetadata: {
        topicErrorCode: number;
        topic: string;
        partitionMetadata: { leader: number }[];
      }[];
    }
  >;
  export default metadata;
}

declare module 'kafkajs/src/protocol/requests/describeConfigs/index.js' {
  import type { RequestApi } from 'kafkajs/src/protocol/requests/index.js';

  const describeConfigs: RequestApi<
    { resources: { type: number; name: string; configNames: readonly string[] }[]; includeSynonyms: boolean },
    {
      resources: {
        errorCode: number;
        resourceName: string;
        configEntries: { configName: string; configValue: string; configSource: number }[];
      }[];
    }
  >;
  export default describeConfigs;
}

declare module 'kafkajs/src/protocol/error.js' {
  /** With the broker's name of it as its `type`. */
  export function createErrorFromCode(code: number): Error & { readonly type: string };
}

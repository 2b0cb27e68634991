import { ASKING_POISONS } from './kinds/asking.js';
import { BATCHES } from './kinds/batches.js';
import { BYTES } from './kinds/bytes.js';
import { DOCUMENTS } from './kinds/documents.js';
import { RECORDS } from './kinds/records.js';
import { RETRY_POISONS } from './kinds/retries.js';
import { SIZES } from './kinds/sizes.js';
import type { ShownPoison } from './poison.js';

/** For any topic that a service reads. */
export const POISONS: readonly ShownPoison[] = [...BYTES, ...DOCUMENTS, ...SIZES, ...RECORDS, ...BATCHES];

export { ASKING_POISONS, RETRY_POISONS };

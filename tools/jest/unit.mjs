import { runner } from './preset.mjs';

// What takes so long on a busy machine does not end.
export default runner('spec', { testTimeout: 120_000 });

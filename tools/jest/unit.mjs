import { runner } from './preset.mjs';

export default runner('spec');

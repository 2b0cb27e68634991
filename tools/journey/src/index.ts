export { type Hop, Journals } from './journals.js';

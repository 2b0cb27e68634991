export { policiesTable, tableOnPage } from './results/policies-page.js';

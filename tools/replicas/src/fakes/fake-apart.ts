import { Lifeline } from '../serving/apart.js';

// Begun by fake-starter.ts. Ends with exit code 7 when it is told to close.
const lifeline: Lifeline = new Lifeline(() => {
  console.log('closes');
  lifeline.exit(7);
});
console.log(`runs ${process.pid}`);

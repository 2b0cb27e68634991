import { startApart } from '../serving/apart.js';

// Run by apart.spec.ts as a process of its own, to be ended or killed.
const program = startApart(new URL('fake-apart.ts', import.meta.url), []);
process.on('SIGTERM', () => program.close());
process.exit(await program.ended);

/**
 * Loaded before maildev, which by itself ends where a client goes away while it is answered in the middle of a mail
 * (`write EPIPE`, `write ECONNRESET`), as a service does that is killed: one crash would become two.
 * Source: `onSmtpError` of maildev 2.2.1, lib/mailserver.js, which lets pass what fails in reading only.
 */
process.on('uncaughtException', (error) => {
  console.error(error);
  if (error.syscall !== 'write') process.exit(1);
});

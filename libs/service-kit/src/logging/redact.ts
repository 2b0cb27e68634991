/** What must not get into a log, and what stands there instead. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/(?<=:\/\/)[^\s/@:]*:[^\s/@]*(?=@)/g, '[credentials]'],
  // Letters of every language, as class-validator's IsEmail lets them in. At most as long as RFC 5321 allows.
  [/(?!['/])[^\s@"(),:;<>[\\\]]{1,64}@[\p{L}\p{M}\p{N}_-]+(?:\.[\p{L}\p{M}\p{N}_-]+)+/gu, '[mail]'],
  [/\btok_[\w-]+/g, '[card]'],
  // Not beside a letter, an underscore or a dash: parts of ids are no card numbers.
  [/(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])/g, '[card]'],
];

/** A text without mail addresses, card tokens, card numbers and the credentials of URLs. */
export function redact(text: string): string {
  return SECRETS.reduce((redacted, [secret, instead]) => redacted.replace(secret, instead), text);
}

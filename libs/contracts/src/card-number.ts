/** Whether a text has as many digits as a card number, however they are grouped: the shortest have twelve. */
export function looksLikeCardNumber(text: string): boolean {
  return /\d{12}/.test(text.replace(/[\s-]/g, ''));
}

/**
 * Whether a text that is for something else holds a card number: it stands by itself, not amid letters and dashes as the
 * digits of an id do, and its check digit is right.
 */
export function holdsCardNumber(text: string): boolean {
  const candidates = text.match(/(?<![\w-])\d(?:[ -]?\d){11,18}(?![\w-])/g) ?? [];
  return candidates.some((candidate) => hasCheckDigit(candidate.replace(/\D/g, '')));
}

/** Luhn's sum: from the right, every second digit counts double, and its digits are added. */
function hasCheckDigit(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

/** Twelve digits and more, however they are grouped: the shortest card numbers have twelve. */
const CARD_NUMBER = /\d(?:[\s-]*\d){11,}/;

/** Whether a text holds what may be a card number. Such a text must not be stored, sent, logged or answered. */
export function looksLikeCardNumber(text: string): boolean {
  return CARD_NUMBER.test(text);
}

/** Bytes that are no readable image; the message says what was expected and what came. */
export class UnreadableImage extends Error {
  override name = 'UnreadableImage';
}

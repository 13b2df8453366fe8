/** Names for the files of one command's results, none of them given twice. */
export class OutputNames {
  /** By name: how many were asked for. */
  readonly #drawn = new Map<string, number>();

  /** @returns the name that is wanted, or where it was given to another one before, `WANTED-2`, `WANTED-3`, and so on */
  draw(wanted: string): string {
    let count = (this.#drawn.get(sameFile(wanted)) ?? 0) + 1;
    let name = numbered(wanted, count);
    while (this.#drawn.has(sameFile(name))) {
      count += 1;
      name = numbered(wanted, count);
    }
    this.#drawn.set(sameFile(wanted), count);
    this.#drawn.set(sameFile(name), Math.max(1, this.#drawn.get(sameFile(name)) ?? 0));
    return name;
  }
}

const numbered = (name: string, count: number) => (count === 1 ? name : `${name}-${count}`);

/** File systems of Windows and macOS, which WSL and network drives have too, take these for one name. */
const sameFile = (name: string) => name.normalize('NFC').toLowerCase();

const storage = '1.2.840.10008.5.1.4.1.1.';

/** Objects that hold no image, by the beginning of their SOP Class UID (PS3.6, table A-1). */
const kinds: readonly (readonly [prefix: string, kind: string])[] = [
  ['1.2.840.10008.1.3.10', 'a DICOMDIR'],
  [`${storage}4.2`, 'an MR spectrum'],
  [`${storage}9.`, 'a waveform'],
  [`${storage}11.`, 'a presentation state'],
  [`${storage}66`, 'raw data, a registration, a surface or a tract'],
  [`${storage}67`, 'a real-world value mapping'],
  [`${storage}68.`, 'a surface'],
  [`${storage}78.`, 'measurements of an eye'],
  [`${storage}88.59`, 'a Key Object Selection'],
  [`${storage}88.`, 'a Structured Report'],
  [`${storage}104.`, 'an encapsulated document'],
  [`${storage}200.`, 'a protocol'],
  [`${storage}481.3`, 'an RT Structure Set'],
  [`${storage}481.5`, 'an RT Plan'],
  [`${storage}481.8`, 'an RT Ion Plan'],
  [`${storage}481.`, 'an object of radiotherapy'],
  ['1.2.840.10008.5.1.4.34.', 'an instruction of radiotherapy'],
  ['1.2.840.10008.5.1.4.38.', 'a hanging protocol'],
  ['1.2.840.10008.5.1.4.39.', 'a colour palette'],
  ['1.2.840.10008.5.1.4.43.', 'an implant template'],
];

/** What an object without pixels is, for a message: `a Structured Report`. */
export function kindWithoutImage(sopClass: string | null): string {
  const found = kinds.find(([prefix]) =>
    // 88.5 is not the beginning of 88.59.
    prefix.endsWith('.')
      ? sopClass?.startsWith(prefix)
      : sopClass === prefix || sopClass?.startsWith(`${prefix}.`),
  );
  return found?.[1] ?? 'an object without Pixel Data';
}

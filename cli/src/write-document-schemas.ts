// Writes docs/commands.schema.json anew: node cli/src/write-document-schemas.ts && biome format --write docs/commands.schema.json
import { writeFileSync } from 'node:fs';
import { documentsAsJsonSchema } from './documents.ts';

writeFileSync(
  new URL('../../docs/commands.schema.json', import.meta.url),
  `${JSON.stringify(documentsAsJsonSchema(), null, 2)}\n`,
);

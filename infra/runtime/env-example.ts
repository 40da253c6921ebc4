/** Writes `.env.example` anew: `node infra/runtime/env-example.ts`. A test fails when the file is not what this writes. */
import { writeFileSync } from 'node:fs';
import { envExampleText } from './env-example-text.ts';
import { loadConfiguration, PROGRAMS } from './programs.ts';

loadConfiguration({
  name: 'infra/runtime/env-example.ts',
  description: 'Writes .env.example anew, from the descriptions of the programs.',
  variables: {},
});
writeFileSync(new URL('../../.env.example', import.meta.url), envExampleText(PROGRAMS));

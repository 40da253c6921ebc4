/** `npm run simulate`: years of a population of accounts under a template, by the same rules as the real ones live by. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { IN_WORDS } from '../../api/http/field-messages.ts';
import { fieldErrors } from '../../api/http/parse.ts';
import { startOfUtcDay } from '../../contracts/deadlines.ts';
import { templateSchema, type Template } from '../../contracts/template.ts';
import { populate } from '../simulation/population.ts';
import { report } from '../simulation/report.ts';
import { csvFiles, summary } from '../simulation/tables.ts';
import { readArguments, refuseArguments } from './arguments.ts';
import { PROJECT } from './paths.ts';

const EXAMPLE = join(PROJECT, 'docs/examples/template.json');

const HELP = `usage: npm run simulate -- [options]

What years of renewals under a template would mean: renewals per month, notices per person, days on which many
accounts end at once, approvers with too much to decide. Nothing is asked of any server.

  --template <file>      the template as JSON, as the API takes it (default: docs/examples/template.json)
  --accounts <n>         how many accounts (default 10000)
  --years <n>            how many years (default 5)
  --owners <n>           how many people own them (default: a twentieth of the accounts)
  --begin <day>          the first day, such as 2027-01-01, in UTC (default: today)
  --late <share>         share of renewals that come after the end date (default 0.15)
  --forgotten <share>    share of renewals that never come (default 0.05)
  --cliff <n>            more ends than this on one day are a cliff (default: three times the mean)
  --approver-limit <n>   decisions a month that an approver can bear (default 40)
  --seed <n>             the same seed gives the same population (default 1)
  --out <folder>         also write report.json and CSV files there
  --json                 print the report as one JSON document instead`;

const share = z.coerce.number().min(0).max(1);
const optionsSchema = z
  .object({
    template: z.string().default(EXAMPLE),
    accounts: z.coerce.number().int().min(1).max(1_000_000).default(10_000),
    years: z.coerce.number().int().min(1).max(50).default(5),
    owners: z.coerce.number().int().min(1).max(1_000_000).optional(),
    begin: z.iso.date().optional(),
    late: share.default(0.15),
    forgotten: share.default(0.05),
    cliff: z.coerce.number().int().min(1).optional(),
    'approver-limit': z.coerce.number().int().min(1).default(40),
    seed: z.coerce
      .number()
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .default(1),
    out: z.string().optional(),
    json: z.boolean().default(false),
  })
  .refine(({ late, forgotten }) => late + forgotten <= 1, {
    path: ['forgotten'],
    message: 'and --late must not be more than 1 together',
  });

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = readArguments(HELP, {
    template: text,
    accounts: text,
    years: text,
    owners: text,
    begin: text,
    late: text,
    forgotten: text,
    cliff: text,
    'approver-limit': text,
    seed: text,
    out: text,
    json: { type: 'boolean' },
  });
  const parsed = optionsSchema.safeParse(values, IN_WORDS);
  if (!parsed.success) return refuseArguments(complaint('--', parsed.error), HELP);
  const { template: file, accounts, years, seed, out, json, ...options } = parsed.data;
  const template = await readTemplate(file);
  if (out !== undefined) await makeFolder(out);
  const begin = options.begin ? new Date(`${options.begin}T00:00:00.000Z`) : startOfUtcDay(new Date());
  const population = populate({
    template,
    accounts,
    owners: options.owners ?? Math.max(1, Math.round(accounts / 20)),
    begin,
    end: new Date(Date.UTC(begin.getUTCFullYear() + years, begin.getUTCMonth(), begin.getUTCDate())),
    lateShare: options.late,
    forgottenShare: options.forgotten,
    seed,
  });
  const limits = { cliff: options.cliff ?? null, decisionsPerMonth: options['approver-limit'] };
  const result = report(population, template, limits);
  console.log(
    json
      ? JSON.stringify(result)
      : `${template.name}, from ${begin.toISOString().slice(0, 10)} (UTC)\n${summary(result)}`,
  );
  if (out === undefined) return;
  const files = { 'report.json': `${JSON.stringify(result, null, 2)}\n`, ...csvFiles(result) };
  await writeAll(out, files);
  console.error(`written to ${out}: ${Object.keys(files).join(', ')}`);
}

/** Before the work, which would be in vain. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`--out: ${path} cannot be made a folder (${error.code})`);
  });
}

/** All files or none: what an earlier run has left there stays whole when the disk is full. */
async function writeAll(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const names = Object.keys(files);
  const partial = (name: string) => join(folder, `${name}.partial`);
  for (const name of names) await writeFile(partial(name), files[name]!);
  for (const name of names) await rename(partial(name), join(folder, name));
}

async function readTemplate(file: string): Promise<Template> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new Error(`--template: ${file} cannot be read`);
  });
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new Error(`--template: ${file} is not JSON`);
  }
  const parsed = templateSchema.safeParse(document, IN_WORDS);
  if (!parsed.success) throw new Error(`--template: ${file} is not a template\n${complaint('', parsed.error)}`);
  return parsed.data;
}

/** One line per bad field. */
function complaint(prefix: string, error: z.ZodError): string {
  const errors = fieldErrors('query', error);
  return errors.map(({ field, message }) => `${prefix}${field} ${message}`).join('\n');
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});

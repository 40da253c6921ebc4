/**
 * Makes an administrator and prints the API token, once, on stdout: `node api/create-administrator.ts <name>`. Works
 * while nobody can administer, or with `--force`: whoever can run it has the database anyway.
 */
import { newUserNameSchema } from '../contracts/fields.ts';
import { openDatabase, type Database } from '../db/client.ts';
import { createUser, hasAdministrator } from '../db/queries/users.ts';
import { CREATE_ADMINISTRATOR, loadConfiguration } from '../infra/runtime/programs.ts';
import { hashToken, newToken } from './auth/tokens.ts';

const { databaseUrl } = loadConfiguration(CREATE_ADMINISTRATOR);
const database = openDatabase(databaseUrl.reveal());
try {
  process.stdout.write(`${await createAdministrator(database.db, process.argv.slice(2))}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
  process.exitCode = 1;
} finally {
  await database.close();
}

/** The new administrator's token. Rejects with a sentence for people. */
async function createAdministrator(db: Database, argv: readonly string[]): Promise<string> {
  const names = argv.filter((argument) => !argument.startsWith('--'));
  const unknown = argv.find((argument) => argument.startsWith('--') && argument !== '--force');
  const name = newUserNameSchema.safeParse(names[0]);
  if (names.length !== 1 || unknown !== undefined) {
    throw new Error('Usage: node api/create-administrator.ts <name> [--force]');
  }
  if (!name.success) throw new Error(`The name ${name.error.issues.map(({ message }) => message).join(' and ')}.`);
  if (!argv.includes('--force') && (await hasAdministrator(db))) {
    throw new Error(
      'There is an administrator already, who can make others (POST /api/v1/users). --force makes one all the same.',
    );
  }
  const token = newToken().reveal();
  const administrator = { name: name.data, role: 'administrator', tokenHash: hashToken(token) } as const;
  const outcome = await createUser(db, { ...administrator, createdAt: new Date().toISOString() });
  if (outcome === 'name-taken') throw new Error(`There is a user ${name.data} already: choose another name.`);
  return token;
}

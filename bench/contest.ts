/** The product and the two bare halves of its work, side by side on one running stack. */
import { openConnectionFor } from '../activities/directory/active-directory/active-directory.ts';
import { readStack } from '../infra/dev/state.ts';
import { sensitive } from '../infra/runtime/sensitive.ts';
import { engineConfiguration } from '../test/support/own-engine.ts';
import { directoryConfigOf, type EngineConfiguration } from '../workers/compose-engine.ts';
import { openBareScript, type BareScript } from './bare-calls.ts';
import { startLives, type Lives } from './lives.ts';
import { openProduct, type Product } from './product.ts';
import { recordProvisioning } from './recorded-calls.ts';

export interface Contest {
  readonly product: Product;
  /** The LDAP and vault calls, without anything else. */
  readonly script: BareScript;
  /** The workflow with its updates and activities, without anything in them. */
  readonly lives: Lives;
  /** Logs on to the domain as one of its accounts; rejects when that is refused. */
  logOn(samAccountName: string, password: string): Promise<void>;
  /** How many steps an engine does at once. */
  readonly lanes: number;
  close(): Promise<void>;
}

/** Everything is warm enough to begin: connections are open, workers poll. */
export async function openContest(stateFolder: string): Promise<Contest> {
  const stack = await readStack(stateFolder);
  const configuration = await engineConfiguration(stateFolder, stack.domains[0]!.fqdn);
  const product = await openProduct(stack);
  const script = await openBareScript(await recordProvisioning(configuration, product.template), configuration);
  const lives = await startLives('bare', stack.temporal!.address);
  return {
    product,
    script,
    lives,
    logOn: (samAccountName, password) => logOn(configuration, samAccountName, password),
    lanes: configuration.maxConcurrentSteps,
    close: async () => void (await Promise.all([product.close(), script.close(), lives.close()])),
  };
}

/** One log-on over TLS, by the name with which the engine proves a password too. */
async function logOn(configuration: EngineConfiguration, samAccountName: string, password: string): Promise<void> {
  const open = openConnectionFor(directoryConfigOf(configuration));
  const name = `${samAccountName}@${configuration.domain}`;
  const connection = await open(configuration.ldapsUrls[0]!, { name, password: sensitive(password) });
  connection.destroy();
}

/** Whole lives from the request to an active account, activities faked, against bare workflows of the same shape. */
import { startLives, type Lives } from './lives.ts';
import { inParallel, percentile, timed, type Measure } from './measure.ts';

const ROUNDS = 3;
const LIVES_PER_ROUND = 60;
const IN_FLIGHT = 20;

/** On the Temporal server at `address`. `say` is told what goes on, a line at a time. */
export async function lifecycle(address: string, say: (text: string) => void): Promise<Measure[]> {
  const [product, bare] = await Promise.all([startLives('product', address), startLives('bare', address)]);
  try {
    await live(product, IN_FLIGHT);
    await live(bare, IN_FLIGHT);
    const rates: { product: number[]; bare: number[] } = { product: [], bare: [] };
    for (let round = 1; round <= ROUNDS; round += 1) {
      rates.product.push(await live(product, LIVES_PER_ROUND));
      rates.bare.push(await live(bare, LIVES_PER_ROUND));
      say(`lives a second, round ${round} of ${ROUNDS}: ${perSecond(rates.product)}, bare ${perSecond(rates.bare)}`);
    }
    const [productRate, bareRate] = [percentile(rates.product, 0.5), percentile(rates.bare, 0.5)];
    return [
      {
        name: `the life through to active, activities faked, ${IN_FLIGHT} at once, per second`,
        ratio: productRate / bareRate,
        target: { atLeast: 0.85 },
        evidence: { 'product/s': productRate, 'bare/s': bareRate, 'lives each': ROUNDS * LIVES_PER_ROUND },
      },
    ];
  } finally {
    await Promise.all([product.close(), bare.close()]);
  }
}

/** Lives `count` lives; answers how many a second. */
async function live(lives: Lives, count: number): Promise<number> {
  const ms = await timed(() =>
    inParallel(count, IN_FLIGHT, async () => {
      const id = await lives.submit();
      await Promise.all([lives.approve(id), lives.finished(id)]);
    }),
  );
  return (count * 1000) / ms;
}

function perSecond(rates: readonly number[]): string {
  return rates.at(-1)!.toFixed(1);
}

/** For `npx drizzle-kit generate --config db/drizzle.config.ts`, which writes the next file of `migrations/`. */
export default {
  dialect: 'postgresql',
  schema: './db/schema/*.ts',
  out: './db/migrations',
};

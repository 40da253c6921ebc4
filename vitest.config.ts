import { defineConfig } from 'vitest/config';

const unit = [
  '{contracts,workflows,activities,workers,api,db,infra}/**/*.test.ts',
  'test/architecture/**/*.test.ts',
  'test/model/pure-*.test.ts',
];
const servers = ['test/integration/**/*.test.ts', 'test/security/**/*.test.ts'];

export default defineConfig({
  test: {
    // The SDK's native bridge crashes in worker threads (sdk-typescript#876).
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'unit', include: unit } },
      {
        extends: true,
        test: {
          name: 'workflow',
          include: ['test/{workflows,replay}/**/*.test.ts', 'test/model/workflow-*.test.ts'],
          globalSetup: ['test/support/workflow-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'servers',
          include: servers,
          globalSetup: ['test/support/stack-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

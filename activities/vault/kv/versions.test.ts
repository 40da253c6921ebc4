import { describe, expect, test } from 'vitest';
import { NO_VERSIONS, parseVersions, suspensionNote } from './versions.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

function found(versions: object, custom_metadata: object | null = null) {
  return parseVersions({ data: { versions, custom_metadata } }, NOW);
}
const version = (deletion_time = '', destroyed = false) => ({
  created_time: '2025-01-01T00:00:00Z',
  deletion_time,
  destroyed,
});

describe('parseVersions', () => {
  test('tells what is in reach, what can be brought back, and what is lost', () => {
    const state = found({
      1: version('', true),
      2: version('2025-12-31T23:59:59.123456789Z'),
      3: version(),
      4: version('2026-06-01T00:00:00Z'),
    });
    expect(state).toEqual({ inReach: [3, 4], deleted: [2, 4], suspended: [] });
  });

  test('reads the note of a suspension, and nothing else of the metadata', () => {
    expect(found({}, { alm_suspended_versions: '2,3', team: 'x' }).suspended).toEqual([2, 3]);
    expect(found({}, { alm_suspended_versions: 'typed by hand' }).suspended).toEqual([]);
  });

  test('whatever else is there does not break it', () => {
    for (const body of [{}, { data: null }, { data: { versions: 7, custom_metadata: 'x' } }]) {
      expect(parseVersions(body, NOW)).toEqual(NO_VERSIONS);
    }
  });
});

describe('the note of a suspension', () => {
  test('names each version once, and goes when there is none', () => {
    expect(suspensionNote([3, 1, 3])).toEqual({ alm_suspended_versions: '1,3' });
    expect(suspensionNote([])).toEqual({ alm_suspended_versions: null });
  });

  test('fits into the metadata: of very many versions the newest are noted', () => {
    const many = Array.from({ length: 1000 }, (_, index) => index + 1);
    const note = suspensionNote(many)['alm_suspended_versions']!;
    expect(note.length).toBeLessThanOrEqual(512);
    expect(note).toMatch(/,999,1000$/);
  });
});

import { customType } from 'drizzle-orm/pg-core';

/**
 * A `timestamptz` that reads and writes the contracts' form: ISO 8601 in UTC with milliseconds. Three digits in the
 * column too, so that what a page's cursor carries is exactly what the row holds.
 */
export const instant = customType<{ data: string; driverData: string }>({
  dataType: () => 'timestamp (3) with time zone',
  fromDriver: (value) => new Date(value).toISOString(),
});

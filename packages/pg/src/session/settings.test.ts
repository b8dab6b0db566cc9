// Settings of a session: what is taken, how it is shown, what a transaction does to it.

import { describe, expect, it } from 'vitest';
import { Settings } from './settings.ts';

function after(name: string, value: string): string | undefined {
  const settings = new Settings({});
  settings.set(name, value, false);
  return settings.get(name);
}

describe('values', () => {
  it.each([
    ['TimeZone', 'europe/berlin', 'Europe/Berlin'],
    ['TimeZone', '2', 'Etc/GMT-2'],
    ['TimeZone', 'GMT-02:00', 'GMT-02:00'],
    ['TimeZone', 'utc', 'UTC'],
    ['statement_timeout', '1500', '1500ms'],
    ['statement_timeout', '2min', '2min'],
    ['statement_timeout', '60 s', '1min'],
    ['client_encoding', 'unicode', 'UTF8'],
    ['DateStyle', 'DMY', 'ISO, DMY'],
    ['default_transaction_read_only', 'yes', 'on'],
    ['app.user', 'ann', 'ann'],
  ])('%s = %s is shown as %s', (name, value, shown) => {
    expect(after(name, value)).toBe(shown);
  });

  it.each([
    ['TimeZone', 'Nowhere/City', '22023'],
    ['client_encoding', 'LATIN1', '22023'],
    ['statement_timeout', 'soon', '22023'],
    ['server_version', '9', '55P02'],
    ['nothing_such', '1', '42704'],
    ['standard_conforming_strings', 'off', '22023'],
  ])('%s = %s is refused with %3$s', (name, value, sqlState) => {
    expect(() => after(name, value)).toThrow(expect.objectContaining({ sqlState }));
  });
});

describe('a transaction', () => {
  it('gives back what it changed when it is rolled back, and keeps it when it is committed', () => {
    const settings = new Settings({});
    settings.save();
    settings.set('extra_float_digits', '0', false);
    settings.end(false);
    expect(settings.get('extra_float_digits')).toBe('1');
    settings.save();
    settings.set('extra_float_digits', '0', false);
    settings.end(true);
    expect(settings.get('extra_float_digits')).toBe('0');
  });

  it('ends SET LOCAL, however it ends itself', () => {
    const settings = new Settings({});
    settings.save();
    settings.set('work_mem', '1MB', true);
    expect(settings.get('work_mem')).toBe('1MB');
    settings.end(true);
    expect(settings.get('work_mem')).toBe('4MB');
  });
});

it('tells the client of what changed, once', () => {
  const settings = new Settings({});
  expect(settings.takeReports().map(({ name }) => name)).toContain('server_version');
  expect(settings.takeReports()).toEqual([]);
  settings.set('timezone', 'Asia/Tokyo', false);
  expect(settings.takeReports()).toEqual([{ name: 'TimeZone', value: 'Asia/Tokyo' }]);
});

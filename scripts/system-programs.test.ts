// Which packages of the machine lack, told by the files that they bring.

import { expect, test } from 'vitest';
import { missingPackages, postgresPackages } from './system-programs.mjs';

test('a package lacks when its file does', () => {
  expect(missingPackages(postgresPackages, () => true)).toEqual([]);
  expect(missingPackages(postgresPackages, (path: string) => !path.includes('java'))).toEqual([
    'libpostgresql-jdbc-java',
    'default-jdk-headless',
  ]);
});

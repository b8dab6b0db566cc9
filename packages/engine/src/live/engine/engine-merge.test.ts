// Live queries on a node that gets the writes of others, with values of all kinds, and on both kinds of
// writers: those that go through the node and those that do not.

import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { openTestReplica, testActor } from '../../storage/testing.ts';
import { freshRows, openTestNode, subscribe, type TestNode } from './testing.ts';

const schema = `
  CREATE TABLE items (id BLOB NOT NULL PRIMARY KEY, a, b TEXT COLLATE NOCASE, n INTEGER, x BLOB);
  CREATE TABLE tags (item BLOB NOT NULL, tag TEXT NOT NULL, note, PRIMARY KEY (item, tag));
`;

const queries = [
  'SELECT * FROM items',
  'SELECT a FROM items',
  'SELECT DISTINCT n FROM items',
  'SELECT b, count(*) FROM items GROUP BY b',
  'SELECT n, sum(a), max(x) FROM items GROUP BY n HAVING count(*) > 1',
  "SELECT i.id, t.tag FROM items i JOIN tags t ON t.item = i.id WHERE i.b = 'x'",
  'SELECT i.id, t.tag, t.note FROM items i LEFT JOIN tags t ON t.item = i.id AND t.note > 1',
  'SELECT i.id FROM items i LEFT JOIN tags t ON t.item = i.id WHERE t.tag IS NULL',
  'SELECT p.id, q.id FROM items p LEFT JOIN items q ON q.n = p.n AND q.id <> p.id',
  'SELECT id FROM items WHERE EXISTS (SELECT 1 FROM tags WHERE item = items.id)',
  'SELECT a FROM items UNION ALL SELECT note FROM tags',
  'SELECT id, row_number() OVER (ORDER BY n, id) FROM items',
  'SELECT b, a FROM items ORDER BY b, a LIMIT 3 OFFSET 1',
];

const steps = [
  "INSERT INTO items VALUES (1, 1, 'x', 9223372036854775807, x'00ff')",
  "INSERT INTO items VALUES (1.5, 1.0, 'X', -9223372036854775808, NULL)",
  "INSERT INTO items VALUES ('1', 'text', 'y ', 7, x''), (x'31', NULL, NULL, 7, 'as text')",
  "INSERT INTO tags VALUES (1, 'red', 1), (1, 'blue', 2), (1.0, 'green', 3)",
  "INSERT INTO tags VALUES ('1', 'red', 5), (x'31', 'red', NULL)",
  'UPDATE tags SET note = note + 1',
  "UPDATE items SET b = 'Y ' WHERE id = '1'",
  'UPDATE items SET a = 1e300 * 1e300, n = 7',
  'DELETE FROM tags WHERE item = 1',
  'DELETE FROM items WHERE id = 1',
  "INSERT INTO items VALUES (1, 2, 'x', 7, zeroblob(3))",
  "INSERT INTO items VALUES (CAST(x'ff61' AS TEXT), 1, 'odd', 7, 1), (CAST(x'fe61' AS TEXT), 1, 'odd', 7, 2)",
  "INSERT INTO tags VALUES (CAST(x'ff61' AS TEXT), 'odd', 5)",
  "UPDATE items SET a = 5 WHERE id = CAST(x'fe61' AS TEXT)",
  "DELETE FROM items WHERE id = CAST(x'ff61' AS TEXT)",
  "INSERT OR REPLACE INTO items VALUES (1, 3, 'z', 8, NULL)",
  'UPDATE items SET id = 2 WHERE id = 1',
  'DELETE FROM items',
];

let opened: TestNode[] = [];
afterEach(() => {
  for (const node of opened) node.close();
  opened = [];
});

function open(): TestNode {
  const node = openTestNode(schema);
  opened.push(node);
  return node;
}

const forever = Number.POSITIVE_INFINITY;

test.each(['here', 'elsewhere', 'by another program'])(
  'values of all kinds, written %s',
  (where) => {
    const node = open();
    const other = openTestReplica({ actor: testActor('b'), schema });
    const program = new Database(node.databasePath);
    program.pragma('recursive_triggers = ON');
    const readers = queries.map((sql) => subscribe(node, sql));
    for (const step of steps) {
      if (where === 'here') node.node.run(step);
      else if (where === 'by another program') program.exec(step);
      else {
        other.run(step);
        node.node.replica.merge(other.log.splice(0));
      }
      const pass = node.engine.work(forever);
      expect(pass.failed).toEqual([]);
      for (const [index, reader] of readers.entries()) {
        const sql = queries[index] ?? '';
        reader.take(pass);
        expect(reader.rows(), `${sql} after ${step}`).toEqual(
          freshRows(node, sql, reader.isOrdered),
        );
      }
    }
    program.close();
    other.replica.db.close();
  },
);

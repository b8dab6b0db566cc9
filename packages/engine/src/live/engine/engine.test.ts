// What live queries of all ways tell while rows are written: local and merged, before and after a restart.

import { afterEach, expect, test } from 'vitest';
import { applyReplicaSchema } from '../../storage/schema-apply.ts';
import { openTestNode, subscribe, type TestNode } from './testing.ts';

const schema = `
  CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, team INTEGER);
  CREATE TABLE teams (id INTEGER PRIMARY KEY, title TEXT);
`;

let opened: TestNode[] = [];
afterEach(() => {
  for (const node of opened) node.close();
  opened = [];
});

function open(...options: Parameters<typeof openTestNode>): TestNode {
  const node = openTestNode(...options);
  opened.push(node);
  return node;
}

const forever = Number.POSITIVE_INFINITY;

test('a query holds what was there, and then every change', () => {
  const node = open(schema);
  node.node.run("INSERT INTO users VALUES (1, 'ann', 1), (2, 'bob', 2)");
  const reader = subscribe(node, 'SELECT id, name FROM users');
  expect(reader.rows()).toEqual(['[1,"ann"]', '[2,"bob"]']);

  node.node.run("UPDATE users SET name = 'eve' WHERE id = 1");
  const [group] = reader.take(node.engine.work(forever));
  expect(reader.rows()).toEqual(['[1,"eve"]', '[2,"bob"]']);
  expect(group?.origins).toMatchObject([{ actorId: 'a'.repeat(32), version: 2 }]);
  node.node.run('DELETE FROM users WHERE id = 2', "INSERT INTO users VALUES (3, 'kim', NULL)");
  reader.take(node.engine.work(forever));
  expect(reader.rows()).toEqual(['[1,"eve"]', '[3,"kim"]']);
  expect(node.engine.work(forever)).toMatchObject({ groups: [], againInMs: undefined });
});

test('an ordered result says where rows are', () => {
  const node = open(schema);
  node.node.run("INSERT INTO users VALUES (1, 'd', 1), (2, 'b', 2), (3, 'c', 3), (4, 'a', 3)");
  const reader = subscribe(node, 'SELECT name FROM users ORDER BY name LIMIT 3');
  expect(reader.rows()).toEqual(['["a"]', '["b"]', '["c"]']);
  node.node.run(
    "UPDATE users SET name = 'z' WHERE id = 4",
    "UPDATE users SET name = 'e' WHERE id = 2",
  );
  reader.take(node.engine.work(forever));
  expect(reader.rows()).toEqual(['["c"]', '["d"]', '["e"]']);
});

test('a restarted engine goes on with the difference', () => {
  const node = open(schema);
  node.node.run("INSERT INTO users VALUES (1, 'ann', 1), (2, 'bob', 2)");
  const reader = subscribe(node, 'SELECT * FROM users WHERE team > ?', [0]);
  node.node.run('UPDATE users SET team = 7 WHERE id = 1');
  node.restart();
  expect(node.engine.find(reader.id)).toMatchObject({ state: 'live', changeId: 0 });
  reader.take(node.engine.work(forever));
  expect(reader.rows()).toEqual(['[1,"ann",7]', '[2,"bob",2]']);
  expect(node.engine.changesSince(reader.id, 0)).toMatchObject({
    kind: 'groups',
    groups: [{ changes: [{ changeId: 1, type: 'update' }] }],
  });
});

test('joins and groups follow both sides', () => {
  const node = open(schema);
  node.node.run(
    "INSERT INTO teams VALUES (1, 'red'), (2, 'blue'), (3, 'green')",
    "INSERT INTO users VALUES (1, 'ann', 1), (2, 'bob', 2), (3, 'cid', 9)",
  );
  const queries = [
    'SELECT u.name, t.title FROM users u JOIN teams t ON t.id = u.team',
    'SELECT u.name, t.title FROM users u LEFT JOIN teams t ON t.id = u.team',
    'SELECT t.title FROM teams t LEFT JOIN users u ON u.team = t.id WHERE u.id IS NULL',
    'SELECT team, count(*), max(name) FROM users GROUP BY team',
    'SELECT a.name, b.name FROM users a JOIN users b ON a.team = b.team AND a.id < b.id',
    'SELECT DISTINCT team FROM users',
    "SELECT name FROM users WHERE team IN (SELECT id FROM teams WHERE title > 'c')",
    'SELECT name FROM users ORDER BY team, name',
  ];
  const readers = queries.map((sql) => subscribe(node, sql));
  const modes = queries.map((sql) => node.engine.explain(sql, []).mode);
  expect(modes.slice(0, 2)).toEqual(['key-wise', 'key-wise']);
  expect(modes[3]).toBe('group-wise');
  const steps = [
    "UPDATE teams SET title = 'rosa' WHERE id = 1",
    'UPDATE users SET team = 3 WHERE id = 1',
    'DELETE FROM teams WHERE id = 2',
    "INSERT INTO teams VALUES (9, 'nine')",
    "INSERT INTO users VALUES (4, 'dan', 9), (5, 'eve', NULL)",
    'UPDATE users SET team = 9 WHERE id = 5',
    'DELETE FROM users WHERE team = 9',
    "INSERT INTO teams VALUES (2, 'blue')",
  ];
  for (const step of steps) {
    node.node.run(step);
    const pass = node.engine.work(forever);
    for (const [index, reader] of readers.entries()) {
      reader.take(pass);
      const rows = node.node.replica.db
        .prepare(queries[index] ?? '')
        .raw()
        .all();
      const fresh = rows.map((row) => JSON.stringify(row));
      const expected = reader.isOrdered ? fresh : fresh.toSorted();
      expect(reader.rows(), `${queries[index]} after ${step}`).toEqual(expected);
    }
  }
});

test('rows behind groups go on after a restart, also where groups stayed as they were', () => {
  const node = open(schema);
  node.node.run("INSERT INTO users VALUES (1, 'ann', 1), (2, 'bob', 1)");
  const reader = subscribe(node, 'SELECT DISTINCT team FROM users');
  for (let id = 3; id < 9; id++) {
    node.node.run(
      `INSERT INTO users VALUES (${id}, 'x', 1)`,
      `DELETE FROM users WHERE id = ${id - 2}`,
    );
    expect(reader.take(node.engine.work(forever))).toEqual([]);
    node.restart();
    expect(reader.take(node.engine.work(forever))).toEqual([]);
  }
  node.node.run('UPDATE users SET team = 2');
  reader.take(node.engine.work(forever));
  expect(reader.rows()).toEqual(['[2]']);
});

test('a condition that fails on a row ends the queries that meet it, and no others', () => {
  const node = open(schema);
  const failing = subscribe(node, 'SELECT id FROM users WHERE abs(team) > 5');
  const guarded = subscribe(node, 'SELECT id FROM users WHERE id < 5 AND abs(team) > 5');
  const plain = subscribe(node, "SELECT id FROM users WHERE name LIKE 'a%'");
  // abs() has no value for the least integer.
  node.node.run("INSERT INTO users VALUES (7, 'ann', -9223372036854775808)");
  const pass = node.engine.work(forever);
  expect(pass.failed.map(({ id }) => id)).toEqual([failing.id]);
  plain.take(pass);
  node.node.run("INSERT INTO users VALUES (2, 'abe', -6)");
  const next = node.engine.work(forever);
  for (const reader of [guarded, plain]) reader.take(next);
  expect(guarded.rows()).toEqual(['[2]']);
  expect(plain.rows()).toEqual(['[2]', '[7]']);
});

test('rows that an outer join fills up with NULL stay, whatever LIKE says of them', () => {
  const node = open(`${schema} CREATE INDEX by_title ON teams (title COLLATE NOCASE);`);
  node.node.run("INSERT INTO users VALUES (1, 'ann', 1), (2, 'bob', 2)");
  node.node.run("INSERT INTO teams VALUES (1, 'red'), (2, 'green'), (3, NULL)");
  const reader = subscribe(
    node,
    "SELECT users.id, teams.id AS t FROM users RIGHT JOIN teams ON users.team = teams.id AND title LIKE 'r%'",
  );
  expect(reader.rows()).toEqual(['[1,1]', '[null,2]', '[null,3]']);
  node.node.run("UPDATE teams SET title = 'rose' WHERE id = 2");
  reader.take(node.engine.work(forever));
  expect(reader.rows()).toEqual(['[1,1]', '[2,2]', '[null,3]']);
});

test('a query ends when its table is dropped, and others go on', () => {
  const node = open(schema);
  node.node.run("INSERT INTO users VALUES (1, 'ann', 1)", "INSERT INTO teams VALUES (1, 'red')");
  const dropped = subscribe(node, 'SELECT title FROM teams');
  const joined = subscribe(
    node,
    'SELECT name, title FROM users LEFT JOIN teams ON team = teams.id',
  );
  const kept = subscribe(node, 'SELECT name FROM users');
  applyReplicaSchema(node.node.replica, [], {
    allowDestructive: true,
    drops: [{ what: 'table', names: ['teams'] }],
  });
  node.node.run("UPDATE users SET name = 'eve'");
  const pass = node.engine.work(forever);
  expect(pass.failed.map(({ id }) => id).toSorted()).toEqual([dropped.id, joined.id].toSorted());
  expect(pass.failed[0]?.error).toMatchObject({
    code: 'PATINA_SUBSCRIPTION_FAILED',
    message: 'no such table: teams',
  });
  kept.take(pass);
  expect(kept.rows()).toEqual(['["eve"]']);
});

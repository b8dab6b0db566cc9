// The OpenAPI document against the rules of OpenAPI 3.1, and against itself: examples fit their
// schemas, references lead somewhere, every route and error is described.

import { errorCodes, errorKind } from '@patina/engine/base/errors.ts';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { httpRouteNames, httpRoutes } from './http-routes.ts';
import { type OpenApiOperation, openApiDocument } from './openapi-document.ts';
import { errorStatuses } from './openapi-errors.ts';
import { operationDescriptions } from './openapi-operations.ts';

const document = openApiDocument('1.2.3');

function operations(): OpenApiOperation[] {
  return Object.values(document.paths).flatMap((byMethod) => Object.values(byMethod));
}

// The validator takes text of several lines as the document, and of one as the name of a file.
test('is valid OpenAPI 3.1', async () => {
  const validator = new Validator();
  const result = await validator.validate(JSON.stringify(document, null, 1));
  expect(result.errors ?? []).toEqual([]);
  expect(result.valid).toBe(true);
  expect(validator.version).toBe('3.1');
});

test('a document that is not valid is noticed', async () => {
  const broken = JSON.stringify({ ...document, paths: { 'no-slash': { post: {} } } }, null, 1);
  expect((await new Validator().validate(broken)).valid).toBe(false);
});

test('has every route, each with a name of its own, and no other', () => {
  expect(operations().map(({ operationId }) => operationId)).toEqual(
    expect.arrayContaining([...httpRouteNames]),
  );
  expect(operations()).toHaveLength(httpRouteNames.length);
  for (const name of httpRouteNames) {
    const { method, path } = httpRoutes[name];
    expect(document.paths[path]?.[method.toLowerCase()]?.operationId).toBe(name);
  }
});

test('says something about everything', () => {
  for (const operation of operations()) {
    expect(operation.summary.length, operation.operationId).toBeGreaterThan(2);
    expect(operation.description.length, operation.operationId).toBeGreaterThan(20);
    for (const parameter of operation.parameters ?? []) {
      expect(parameter.description.length, parameter.name).toBeGreaterThan(10);
    }
    const statuses = Object.keys(operation.responses);
    expect(statuses).toEqual(expect.arrayContaining(['200', '400', '500', '503']));
    // Logging in is open, and can fail.
    const asksWho = operation.security.length > 0 || operation.tags.includes('Access');
    expect(statuses.includes('401') || operation.operationId === 'logOut').toBe(asksWho);
    expect(statuses.includes('422')).toBe(operation.requestBody !== undefined);
  }
});

test('describes the parameters that stand in the path', () => {
  for (const [path, byMethod] of Object.entries(document.paths)) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const { parameters = [] } of Object.values(byMethod)) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => name)).toEqual(names);
      expect(inPath.every(({ required, example }) => required && example !== undefined)).toBe(true);
    }
  }
});

test('refers only to schemas that it has, and has none that nothing refers to', () => {
  const text = JSON.stringify(document);
  const named = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
  expect([...new Set(named)].sort()).toEqual(Object.keys(document.components.schemas).sort());
});

describe('errors', () => {
  test('have a meaning in words wherever a route names them', () => {
    const named = Object.values(operationDescriptions).flatMap(({ errors }) => errors);
    for (const [, text] of errorStatuses(named)) expect(text).not.toContain('see the sentence');
  });

  test('stand at their status', () => {
    for (const code of errorCodes) {
      expect(errorStatuses([code])[0]?.[0]).toBe(errorKind(code).httpStatus);
    }
  });
});

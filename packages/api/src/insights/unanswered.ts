// A service for tests of other things: nothing is told and nothing is changed.

import { PatinaError } from '@patina/engine/base/errors.ts';
import type { AccessService } from '../access/access-service.ts';
import type { TableVet } from '../access/table-vet.ts';
import type { ClusterReadings, NodeActions } from '../node-control.ts';
import type { Insights, SchemaService } from './insights.ts';

function refuse(): Promise<never> {
  return Promise.reject(new PatinaError('PATINA_NOT_READY', 'this service answers no questions'));
}

export const unansweredInsights: Insights = { ask: refuse, askAll: async () => [] };

export const unchangedSchema: SchemaService = { plan: refuse, apply: refuse };

/** Readings that end before the first. */
export const noReadings: ClusterReadings = {
  async *cluster() {},
  async *lag() {},
};

export const noActions: NodeActions = {
  rejoin: refuse,
  leave: refuse,
  setLogLevel: refuse,
  checkpoint: refuse,
  backup: refuse,
  requestSync: refuse,
};

/** All parts of a service that are about nodes rather than data. */
export const unansweredParts = {
  insights: unansweredInsights,
  schema: unchangedSchema,
  readings: noReadings,
  actions: noActions,
};

export const closedAccess: AccessService = {
  tokens: refuse,
  createToken: refuse,
  revokeToken: refuse,
  users: refuse,
  createUser: refuse,
  changeUser: refuse,
  removeUser: refuse,
  auditEntries: refuse,
};

export const noVet: TableVet = { tablesOf: refuse, onSchemaChange: () => () => undefined };

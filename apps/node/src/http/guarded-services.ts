// The service for each who asks, made once for each principal, and whom limits count a request against.

import { guardService } from '@patina/api/access/guarded-service.ts';
import type { Principal } from '@patina/api/access/principal.ts';
import type { PatinaService } from '@patina/api/service.ts';
import type { FastifyRequest } from 'fastify';
import type { AccessControl } from '../access/access-control.ts';
import type { HttpServerOptions } from './server.ts';

export class GuardedServices {
  readonly #options: Pick<HttpServerOptions, 'service' | 'vet' | 'audit'>;
  readonly #services = new WeakMap<Principal, PatinaService>();

  constructor(options: Pick<HttpServerOptions, 'service' | 'vet' | 'audit'>) {
    this.#options = options;
  }

  of(principal: Principal): PatinaService {
    const known = this.#services.get(principal);
    if (known !== undefined) return known;
    const { service, vet, audit } = this.#options;
    const made = guardService(service, principal, { vet, audit });
    this.#services.set(principal, made);
    return made;
  }
}

/** A principal where credentials are needed, else an address: anybody could make up the former. */
export function clientOf(
  request: Pick<FastifyRequest, 'principal' | 'ip'>,
  access: AccessControl,
): string {
  const { principal, ip } = request;
  return principal === undefined || principal === access.open ? `address ${ip}` : principal.name;
}

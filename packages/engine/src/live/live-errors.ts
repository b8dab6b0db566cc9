// The errors with which live queries are refused and ended, each with what to do about it.

import { PatinaError } from '../base/errors.ts';
import { invalidCursor } from './hub/cursor.ts';

/** No query has this id. */
export function unknownQuery(id: string): PatinaError {
  return new PatinaError('PATINA_NOT_FOUND', `could not find subscription with id ${id}`, {
    hint: 'Subscribe with the SQL: ids are known only where and while a query is kept.',
  });
}

/** A change id was given for a query that is not kept. */
export function noSubscription(): PatinaError {
  return invalidCursor('a `from` query param was supplied, but no existing subscription found');
}

export function lostSnapshot(): PatinaError {
  return new PatinaError(
    'PATINA_SUBSCRIPTION_FAILED',
    'the rows changed so much while they were read that their state cannot be told any more',
    { hint: 'Subscribe again, and take the rows faster.' },
  );
}

/** The process ended while rows were being read from it. */
export function brokenSnapshot(): PatinaError {
  return new PatinaError(
    'PATINA_SUBSCRIPTION_FAILED',
    'the process that evaluates live queries ended while rows were being read from it',
    { hint: 'Subscribe again; a subscription that has all its rows does not notice.' },
  );
}

/** After a restart of the process, its file does not know the query, or not all of it. */
export function lostQuery(): PatinaError {
  return new PatinaError(
    'PATINA_SUBSCRIPTION_FAILED',
    'what was kept of the subscription is lost',
    { hint: 'Subscribe again, with your cursor: the answer begins with a fresh snapshot.' },
  );
}

/** Somebody dropped the query. */
export function dropped(): PatinaError {
  return new PatinaError('PATINA_SUBSCRIPTION_FAILED', 'the subscription was dropped', {
    hint: 'Subscribe again, if it was not meant for you.',
  });
}

export function tookTooLong(): PatinaError {
  return new PatinaError(
    'PATINA_SQL_TIMEOUT',
    'the query took longer than subscriptions.statement_timeout allows',
    { hint: 'Make it cheaper: an index may help, or a narrower WHERE.' },
  );
}

/** The process ended more than once amid the evaluation of this query. */
export function endsTheProcess(): PatinaError {
  return new PatinaError(
    'PATINA_SUBSCRIPTION_FAILED',
    'the process that evaluates live queries ended again and again while it evaluated this one',
    { hint: 'It may need more memory than there is: select less, or narrow the WHERE.' },
  );
}

/** Everything that is asked of a node that stops. */
export function stopping(): PatinaError {
  return new PatinaError('PATINA_SHUTTING_DOWN', 'the node is stopping', {
    hint: 'Ask another node; what was read so far can be resumed there.',
  });
}

export function tooManyQuestions(): PatinaError {
  return new PatinaError('PATINA_OVERLOADED', 'too many requests for live queries are waiting', {
    hint: 'Try again later.',
  });
}

/** A question that no process survived. */
export function fatalQuestion(): PatinaError {
  return new PatinaError(
    'PATINA_SUBSCRIPTION_FAILED',
    'the process that evaluates live queries ended each time that this was asked',
    {
      hint: 'The query may need more memory or time than there is; the log of the node says more.',
    },
  );
}

/** An answer of another kind than the question asks for. */
export function unexpectedAnswer(kind: string): PatinaError {
  return new PatinaError('PATINA_INTERNAL', `the live process answered with ${kind}`);
}

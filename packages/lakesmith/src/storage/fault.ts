import { LakeError } from '../core/errors.ts';
import { type StoreCall, aroundStore } from './layers/around.ts';
import type { ObjectStore } from './object-store.ts';

/** One step: a call that was made. Steps are numbered from 1 in the order in which they begin. */
interface FaultStep {
  readonly step: number;
  readonly call: StoreCall;
  readonly path: string;
}

/** before: the call fails and nothing happened. after: it happened, and fails all the same, as when an answer is lost. */
type FaultMoment = 'before' | 'after';

/** A store for tests that numbers its calls, and makes a chosen one fail. */
export interface FaultStore {
  readonly store: ObjectStore;
  /** All calls since the start or the last `reset`. */
  readonly steps: readonly FaultStep[];
  /** Makes step `step` fail, once. `error` says how; by default an LS3101 that may be retried. */
  failAt(step: number, moment: FaultMoment, error?: () => unknown): void;
  /** From step `step` on every call fails: the process is as good as dead. */
  dieAt(step: number, moment: FaultMoment): void;
  /** Told at both moments of every step; what it throws, the call throws. It may also kill the process. */
  onStep(hook: ((step: FaultStep, moment: FaultMoment) => void) | undefined): void;
  /** Counts from 1 again, with no failure ahead. */
  reset(): void;
}

export function faultStore(inner: ObjectStore): FaultStore {
  let steps: FaultStep[] = [];
  let failure: { step: number; moment: FaultMoment; forever: boolean; error: () => unknown } | undefined;
  let hook: ((step: FaultStep, moment: FaultMoment) => void) | undefined;
  const meet = (step: FaultStep, moment: FaultMoment): void => {
    hook?.(step, moment);
    if (failure === undefined) return;
    const isDead = failure.forever && step.step > failure.step;
    if (isDead || (failure.step === step.step && failure.moment === moment)) throw failure.error();
  };
  const store = aroundStore(inner, async (call, path, act) => {
    const step = { step: steps.length + 1, call, path };
    steps.push(step);
    meet(step, 'before');
    const result = await act();
    meet(step, 'after');
    return result;
  });
  return {
    store,
    get steps() {
      return steps;
    },
    failAt(step, moment, error = injected) {
      failure = { step, moment, forever: false, error };
    },
    dieAt(step, moment) {
      failure = { step, moment, forever: true, error: injected };
    },
    onStep(next) {
      hook = next;
    },
    reset() {
      steps = [];
      failure = undefined;
    },
  };
}

function injected(): LakeError {
  return new LakeError('LS3101', 'The store failed on purpose.', { retry: 'safe', operation: 'test' });
}

/** A value that tells its readers when it changes. No framework; Svelte's `$store` reads it as is. */
export interface Readable<T> {
  get(): T;
  /** Calls at once with the current value, then on every change, until the answer is called. */
  subscribe(listener: (value: T) => void): Stop;
}

export interface Signal<T> extends Readable<T> {
  set(value: T): void;
}

/** Things that happen, for whoever listens at that moment. */
export interface Stream<T> {
  listen(listener: (happened: T) => void): Stop;
}

export interface Source<T> extends Stream<T> {
  emit(happened: T): void;
}

export type Stop = () => void;

export function signal<T>(initial: T): Signal<T> {
  let current = initial;
  const listeners = new Set<(value: T) => void>();
  return {
    get: () => current,
    set(value) {
      if (Object.is(value, current)) return;
      current = value;
      for (const listener of [...listeners]) listener(value);
    },
    subscribe(listener) {
      // A wrapper of its own: the same function may subscribe twice.
      const own = (value: T): void => listener(value);
      listeners.add(own);
      listener(current);
      return () => listeners.delete(own);
    },
  };
}

export function source<T>(): Source<T> {
  const listeners = new Set<(happened: T) => void>();
  return {
    emit(happened) {
      for (const listener of [...listeners]) listener(happened);
    },
    listen(listener) {
      const own = (happened: T): void => listener(happened);
      listeners.add(own);
      return () => listeners.delete(own);
    },
  };
}

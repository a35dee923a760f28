// Types that SvelteKit reads.
declare global {
  namespace App {
    interface Error {
      message: string;
      /** Stable code of the problem, the key of its translation. */
      code?: string;
      requestId?: string;
    }
  }
}

export {};

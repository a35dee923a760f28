// Types that SvelteKit reads.
declare global {
  namespace App {
    interface PageData {
      space?: { id: string };
      collection?: { space_id: string };
      document?: { space_id: string };
      assistant?: { space_id: string };
      spaceId?: string;
    }
    interface Error {
      message: string;
      /** Stable code of the problem, the key of its translation. */
      code?: string;
      requestId?: string;
      /** What the operator tells people during maintenance. */
      operatorMessage?: string;
    }
  }
}

export {};

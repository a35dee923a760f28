// A form on its way: sent once at a time, and what went wrong is kept to be shown.
import { tick } from 'svelte';
import { asProblem, type ApiProblem } from '$lib/api/problem';

export class Submission {
  /** Somebody has tried to send it: from then on the form says what is wrong. */
  checked = $state(false);
  busy = $state(false);
  problem = $state.raw<ApiProblem | null>(null);

  /** Does the work, unless the form is not right yet or is being sent already. True where it was done. */
  async send(event: Event, valid: boolean, work: () => Promise<void>): Promise<boolean> {
    event.preventDefault();
    this.checked = true;
    const form = event.currentTarget;
    if (this.busy) return false;
    if (!valid) {
      await showFirstFault(form);
      return false;
    }
    this.busy = true;
    this.problem = null;
    try {
      await work();
      return true;
    } catch (thrown) {
      this.problem = asProblem(thrown);
      await showFirstFault(form);
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** As it was before anybody tried. */
  reset(): void {
    [this.checked, this.problem] = [false, null];
  }
}

/** Puts the focus into the first field of a form that is wrong, and so brings it into view. Call it when the faults are known. */
export async function showFirstFault(form: EventTarget | null): Promise<void> {
  await tick();
  if (typeof HTMLElement === 'undefined' || !(form instanceof HTMLElement)) return;
  const first = form.querySelector<HTMLElement>('[aria-invalid="true"]');
  if (!first) return;
  first.focus({ preventScroll: true });
  first.scrollIntoView({ block: 'center' });
}

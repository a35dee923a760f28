// The page that people see during maintenance opens by itself afterwards.
import { origin } from '$lib/api/origin';

/** Pages do not ask at the same moment: between these, in milliseconds. */
const SOONEST = 15_000;
const LATEST = 45_000;
/** A request that maintenance refuses, and that needs no session. */
const ASKED = '/api/v1/auth/setup';

/** Asks now and then, and reloads the page once the service answers. Returns what ends that. */
export function reloadWhenServed(reload = () => location.reload()): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const ask = async () => {
    const response = await fetch(origin() + ASKED).catch(() => null);
    if (response && response.status < 500) reload();
    else wait();
  };
  const wait = () => {
    timer = setTimeout(() => void ask(), SOONEST + Math.random() * (LATEST - SOONEST));
  };
  wait();
  return () => clearTimeout(timer);
}

// Wide enough for a passage beside the answer (68rem); else it opens as a sheet over it.
import { MediaQuery } from 'svelte/reactivity';

export const wideScreen = new MediaQuery('min-width: 68rem', true);

//! Pages and passages in: the side of the worker.

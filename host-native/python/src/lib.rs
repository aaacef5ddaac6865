//! Runs Python endpoints and plug-ins in worker processes.

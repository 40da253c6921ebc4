/**
 * Loaded once into the sandbox of a control plane, before any workflow. The SDK notes a stack trace for every promise that a
 * workflow makes, and each frame of it costs: with one frame instead of ten a replay takes two thirds of the processor time
 * (docs/decisions/0021). An unexpected error still says where it was thrown; a replay of the history tells the rest.
 */
Error.stackTraceLimit = 1;

export const measureScale = async (..._: unknown[]) => {};

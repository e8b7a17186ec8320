export interface BuildPlan {
  readonly reason?: undefined;
  readonly kernels: string;
  readonly compiler: { readonly command: string; readonly version: string };
  readonly isas: readonly string[];
  /** What the build depends on, as a hash. */
  readonly key: string;
  readonly folders: readonly string[];
  /** The addon, where it is built already. */
  readonly cached: string | undefined;
}
export function allIsas(): string[];
/**
 * Where what is made on this machine may lie, best first: $DRISHTI_CACHE alone, else `drishti` in $XDG_CACHE_HOME or
 * ~/.cache, and a folder of ours in that for temporary files.
 *
 * @example
 * cacheFolders()[0]; // such as "/home/asha/.cache/drishti"
 */
export function cacheFolders(): string[];
export function planBuild(isas?: readonly string[], isa?: string): BuildPlan | { readonly reason: string };
export function buildOnce(plan: BuildPlan): Promise<string>;

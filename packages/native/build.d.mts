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
export function defaultIsas(): string[];
export function planBuild(isas?: readonly string[]): BuildPlan | { readonly reason: string };
export function build(plan: BuildPlan): Promise<string>;

/** What the build puts into the service worker: its name, and the addresses it keeps. */
export interface FilesOfBuild {
  readonly build: string;
  readonly addresses: readonly string[];
}

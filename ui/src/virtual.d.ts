declare module "virtual:credential-names" {
  /** Name by kind, from rules/credentials.toml. */
  const names: Record<string, string>;
  export default names;
}

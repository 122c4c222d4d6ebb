package io.adaspec.api.cli;

import picocli.CommandLine.IVersionProvider;

/** Version of the program, from the manifest of its jar, and of the JVM it runs on. */
final class VersionProvider implements IVersionProvider {
  VersionProvider() {}

  @Override
  public String[] getVersion() {
    String version = Main.class.getPackage().getImplementationVersion();
    return new String[] {
      "adaspec " + (version == null ? "(not packaged)" : version),
      "Java " + Runtime.version() + " (" + System.getProperty("java.vm.name") + ")"
    };
  }
}

package io.adaspec.api.http;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * The web page: one document that needs nothing else.
 *
 * @param html the document, style and script inside
 * @param policy its content security policy, which lets exactly this style and this script run
 */
record Page(String html, String policy) {

  static Page load() {
    String style = resource("page.css");
    String script = resource("page.js");
    String html =
        resource("page.html")
            .replace("<style></style>", "<style>" + style + "</style>")
            .replace("<script></script>", "<script>" + script + "</script>");
    String policy =
        "default-src 'none'; script-src "
            + source(script)
            + "; style-src "
            + source(style)
            + "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none';"
            + " frame-ancestors 'none'";
    return new Page(html, policy);
  }

  /** The source expression that allows an inline text. */
  private static String source(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return "'sha256-" + Base64.getEncoder().encodeToString(hash) + "'";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }

  private static String resource(String name) {
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("resource " + name + " is missing; rebuild the api module");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("resource " + name + " cannot be read", e);
    }
  }
}

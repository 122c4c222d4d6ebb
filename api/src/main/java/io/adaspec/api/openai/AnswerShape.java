package io.adaspec.api.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** How the answers of one endpoint look: the parts in which completions and chat differ. */
interface AnswerShape {
  /** {@code object} of a whole answer. */
  String object();

  /** {@code object} of a chunk. */
  String chunkObject();

  /** Whether every output begins with a chunk that carries its role. */
  boolean hasRoleChunk();

  /** Writes the chunk that opens an output into its choice. */
  void putOpening(ObjectNode choice);

  /** Writes text into the choice of a chunk. */
  void putDelta(ObjectNode choice, String text);

  /** Writes whatever the last chunk of an output carries besides its finish reason. */
  void putEnd(ObjectNode choice);

  /** Writes the whole text into the choice of a whole answer. */
  void putWhole(ObjectNode choice, String text);

  /** {@code text_completion}. */
  AnswerShape COMPLETION =
      new AnswerShape() {
        @Override
        public String object() {
          return "text_completion";
        }

        @Override
        public String chunkObject() {
          return "text_completion";
        }

        @Override
        public boolean hasRoleChunk() {
          return false;
        }

        @Override
        public void putOpening(ObjectNode choice) {
          putDelta(choice, "");
        }

        @Override
        public void putDelta(ObjectNode choice, String text) {
          choice.put("text", text);
        }

        @Override
        public void putEnd(ObjectNode choice) {
          putDelta(choice, "");
        }

        @Override
        public void putWhole(ObjectNode choice, String text) {
          choice.put("text", text);
        }
      };

  /** {@code chat.completion} and its chunks. */
  AnswerShape CHAT =
      new AnswerShape() {
        @Override
        public String object() {
          return "chat.completion";
        }

        @Override
        public String chunkObject() {
          return "chat.completion.chunk";
        }

        @Override
        public boolean hasRoleChunk() {
          return true;
        }

        @Override
        public void putOpening(ObjectNode choice) {
          choice.putObject("delta").put("role", "assistant").put("content", "");
        }

        @Override
        public void putDelta(ObjectNode choice, String text) {
          choice.putObject("delta").put("content", text);
        }

        @Override
        public void putEnd(ObjectNode choice) {
          choice.putObject("delta");
        }

        @Override
        public void putWhole(ObjectNode choice, String text) {
          choice
              .putObject("message")
              .put("role", "assistant")
              .put("content", text)
              .putNull("refusal");
        }
      };
}

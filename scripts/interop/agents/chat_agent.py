"""Says what it was told; it has no predict_stream of its own."""

import mlflow
from mlflow.pyfunc import ChatAgent
from mlflow.types.agent import ChatAgentMessage, ChatAgentResponse


class Echo(ChatAgent):
    def predict(self, messages, context=None, custom_inputs=None):
        who = context.user_id if context is not None else "nobody"
        said = ChatAgentMessage(role="assistant", content=f"{messages[-1].content} from {who}", id="1")
        return ChatAgentResponse(messages=[said], custom_outputs=custom_inputs)


mlflow.models.set_model(Echo())

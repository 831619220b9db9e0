"""Says what it was told and how warm it was to be; word by word when it is asked to stream."""

import mlflow
from mlflow.pyfunc import ChatModel
from mlflow.types.llm import ChatCompletionChunk, ChatCompletionResponse


class Echo(ChatModel):
    def predict(self, context, messages, params):
        message = {"role": "assistant", "content": f"{messages[-1].content} at {params.temperature}"}
        return ChatCompletionResponse.from_dict({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "model": "echo"})

    def predict_stream(self, context, messages, params):
        for word in messages[-1].content.split():
            delta = {"role": "assistant", "content": word}
            yield ChatCompletionChunk.from_dict({"choices": [{"index": 0, "delta": delta}], "model": "echo"})


mlflow.models.set_model(Echo())

package dev.weir.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One message as text, in a form in which that of Weir and that of Netty's decoders can be compared: the second opinion
 * of the fuzzers. {@code end} is empty while the body is not complete, else its trailers.
 */
record Message(String start, String fields, String content, String end) {
    /** Netty leaves these out of trailers; Weir does when it copies them. */
    private static final long DROPPED_BY_NETTY =
            Field.CONTENT_LENGTH.mask | Field.TRANSFER_ENCODING.mask | Field.TRAILER.mask;

    /** Netty takes it out of a head whose status has no body; both read none. */
    private static final long DROPPED_WITHOUT_BODY = Field.TRANSFER_ENCODING.mask;

    private static final HeadLimits LIMITS = new HeadLimits(8192, 32_768, 128);

    /** What Weir reads up to the first violation or the end of the input; a message with no complete head is left out. */
    static List<Message> byWeir(boolean requests, byte[] bytes) {
        ByteBuf in = Reading.buffer(bytes);
        List<Message> messages = new ArrayList<>();
        try {
            while (in.isReadable()) {
                Message message = requests ? nextRequest(in) : nextResponse(in);
                if (message.start.isEmpty()) {
                    break;
                }
                messages.add(message);
                if (message.end.isEmpty()) {
                    break;
                }
            }
        } catch (ProtocolViolation refused) {
            assertThat(refused.violation()).isNotNull();
        }
        return messages;
    }

    private static Message nextRequest(ByteBuf in) {
        RequestHead head = new RequestHead();
        if (!head.read(in, LIMITS)) {
            return new Message("", "", "", "");
        }
        String start = Reading.text(head.bytes(), head.methodStart(), head.methodEnd()) + " "
                + Reading.text(head.bytes(), head.targetStart(), head.targetEnd());
        return withBody(start, fields(head.headers(), 0), head.framing(), head.contentLength(), in);
    }

    private static Message nextResponse(ByteBuf in) {
        ResponseHead head = new ResponseHead();
        if (!head.read(in, LIMITS)) {
            return new Message("", "", "", "");
        }
        String start = head.status() + " "
                + Reading.text(head.bytes(), head.reasonStart(), head.reasonEnd())
                        .trim();
        String fields = fields(head.headers(), head.framing(false) == BodyFraming.NONE ? DROPPED_WITHOUT_BODY : 0);
        return withBody(start, fields, head.framing(false), head.contentLength(), in);
    }

    private static Message withBody(String start, String fields, BodyFraming framing, long length, ByteBuf in) {
        BodyReader body = new BodyReader();
        body.start(framing, length, LIMITS);
        StringBuilder content = new StringBuilder();
        for (int count = body.next(in); count > 0; count = body.next(in)) {
            content.append(in.readCharSequence(count, StandardCharsets.ISO_8859_1));
        }
        String end = body.complete() ? "end" + fields(body.trailers(), DROPPED_BY_NETTY) : "";
        return new Message(start, fields, content.toString(), end);
    }

    private static String fields(Headers headers, long without) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < headers.size(); i++) {
            if ((headers.field(i).mask & without) != 0) {
                continue;
            }
            text.append('|').append(headers.name(i)).append('=').append(headers.value(i));
        }
        return text.toString();
    }

    /** What Netty reads, up to the first message that it finds invalid. */
    static List<Message> byNetty(boolean requests, byte[] bytes) {
        HttpDecoderConfig config =
                new HttpDecoderConfig().setMaxInitialLineLength(65_536).setMaxHeaderSize(262_144);
        EmbeddedChannel channel =
                new EmbeddedChannel(requests ? new HttpRequestDecoder(config) : new HttpResponseDecoder(config));
        channel.writeInbound(Unpooled.copiedBuffer(bytes));
        List<Message> messages = new ArrayList<>();
        for (Object part = channel.readInbound(); part != null; part = channel.readInbound()) {
            if (!append(messages, part)) {
                break;
            }
        }
        channel.finishAndReleaseAll();
        return messages;
    }

    /** Returns false when the part is the mark of an invalid message. */
    private static boolean append(List<Message> messages, Object part) {
        if (part instanceof HttpMessage head) {
            if (head.decoderResult().isFailure()) {
                return false;
            }
            messages.add(new Message(start(head), fields(head.headers()), "", ""));
        }
        if (part instanceof HttpContent body) {
            boolean valid = body.decoderResult().isSuccess();
            String content = body.content().toString(StandardCharsets.ISO_8859_1);
            String end = body instanceof LastHttpContent last && valid ? "end" + fields(last.trailingHeaders()) : "";
            body.release();
            Message begun = messages.removeLast();
            messages.add(new Message(begun.start, begun.fields, begun.content + content, end));
            return valid;
        }
        return true;
    }

    private static String start(HttpMessage head) {
        return switch (head) {
            case HttpRequest request -> request.method() + " " + request.uri();
            case HttpResponse response ->
                response.status().code() + " "
                        + response.status().reasonPhrase().trim();
            default -> throw new IllegalArgumentException("head: " + head);
        };
    }

    private static String fields(HttpHeaders headers) {
        return headers.entries().stream()
                .map((Map.Entry<String, String> field) -> "|" + field.getKey() + "=" + field.getValue())
                .collect(Collectors.joining());
    }
}
